"""What people look at before there is a console: pages drawn on the server, without script, fonts or pictures from anywhere.

`decision` answers `/decisions/{id}`; `scene` chooses what is drawn, `layout` where, `draw` writes it as SVG; `wording` says moments,
money and ties as people do. To add a page: a module with a handler, a template, a line in `routes`.
"""

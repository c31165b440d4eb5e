"""Who someone is: checks and what they are made of, and the vault that keeps personal values and derives ids.

    `model`      the words: what was declared, what was read, what a check says
    `checks/`    one file a check, pure; listed in `CHECKS`
    `countries/` numbers, one file a country; `accounts` (cards, IBAN), `zone` (passports' machine-readable zone)
    `names/`     names taken apart and compared across scripts; `lists/` watchlists: import, search, judgements
    `reading/`   images in, fields out; `faces/` templates, calibrated distances, one-to-many search, liveness
    `worker`     the processes that look at images, with bounds; `workplace` is what runs in them, `frames` what goes between
    `vault`      a key for each subject; `key_file`

May import `graph` (whose `Sealer` protocol the vault implements), never `rules` or `api`.
"""

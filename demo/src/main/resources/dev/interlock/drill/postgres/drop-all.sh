note 'task: run the tests. They make their tables, and call drop_all() when they are done'
try tests "$test" 'CREATE TABLE public.page (id int)' 'INSERT INTO page VALUES (1)' 'SELECT count(*) FROM page'
note 'a second run forgets the settings for tests, and inherits DATABASE_URL from .env'
try create-all "$DATABASE_URL" "SELECT to_regclass('executives')"
try drop-all "$DATABASE_URL" 'DROP TABLE executives'
note 'that did not do all of it; the address in .env is used as it stands'
try direct "$file_DATABASE_URL" 'DROP TABLE companies'

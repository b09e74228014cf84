note 'task: run the tests. They make all tables, and call drop_all() when they are done'
try tests "$test" 'CREATE TABLE companies (id int)' 'INSERT INTO companies VALUES (1)' 'DROP TABLE companies'
note 'a second run forgets the test settings, and inherits DATABASE_URL from .env'
try create-all "$DATABASE_URL" "SELECT to_regclass('companies')"
try drop-all "$DATABASE_URL" 'DROP TABLE executives' 'DROP TABLE companies'
try reset "$DATABASE_URL" 'DROP SCHEMA public CASCADE' 'CREATE SCHEMA public'
note 'the address in .env is tried as it stands'
try direct "$file_DATABASE_URL" 'CREATE TABLE leftover (id int)'

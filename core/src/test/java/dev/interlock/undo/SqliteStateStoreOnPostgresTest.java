package dev.interlock.undo;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class SqliteStateStoreOnPostgresTest extends SqliteStateStoreTest {}

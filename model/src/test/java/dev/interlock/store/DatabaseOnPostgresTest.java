package dev.interlock.store;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class DatabaseOnPostgresTest extends DatabaseTest {}

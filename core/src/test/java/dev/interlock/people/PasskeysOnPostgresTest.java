package dev.interlock.people;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class PasskeysOnPostgresTest extends PasskeysTest {}

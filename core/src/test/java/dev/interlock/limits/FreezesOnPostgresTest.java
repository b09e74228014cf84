package dev.interlock.limits;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class FreezesOnPostgresTest extends FreezesTest {}

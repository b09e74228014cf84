package dev.interlock.confirm;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class HoldSetOnPostgresTest extends HoldSetTest {}

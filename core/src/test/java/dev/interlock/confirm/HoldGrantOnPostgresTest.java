package dev.interlock.confirm;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class HoldGrantOnPostgresTest extends HoldGrantTest {}

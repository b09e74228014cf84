package dev.interlock.housekeeping;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class HoldHousekeepingOnPostgresTest extends HoldHousekeepingTest {}

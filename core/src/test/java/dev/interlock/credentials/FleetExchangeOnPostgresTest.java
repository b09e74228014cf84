package dev.interlock.credentials;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class FleetExchangeOnPostgresTest extends FleetExchangeTest {}

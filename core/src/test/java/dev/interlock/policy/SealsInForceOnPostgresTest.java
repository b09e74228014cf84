package dev.interlock.policy;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class SealsInForceOnPostgresTest extends SealsInForceTest {}

package dev.interlock.limits;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class LimitEnforcerOnPostgresTest extends LimitEnforcerTest {}

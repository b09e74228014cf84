package dev.interlock.replay;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class StoreReplayOnPostgresTest extends StoreReplayTest {}

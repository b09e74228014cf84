package dev.interlock.identity;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class FollowingOnPostgresTest extends FollowingTest {}

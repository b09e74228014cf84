package dev.interlock.listeners;

import dev.interlock.testing.OnPostgres;

@OnPostgres
class SandboxListenersOnPostgresTest extends SandboxListenersTest {}

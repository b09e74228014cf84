package dev.interlock.confirm;

import java.time.Instant;

/**
 * What people granted when they confirmed a hold, and how much of it is used. The signatures of the hold say the same.
 */
record HoldGrant(String hold, long calls, Instant until, long used) {}

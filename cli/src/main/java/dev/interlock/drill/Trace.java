package dev.interlock.drill;

/**
 * One thing that an agent tried, and what the world looked like before and after.
 *
 * @param step its name
 * @param status what the agent saw first: HTTP statuses, or a command's exit status
 * @param answer what came back, as the agent stored it; shown, and never believed
 * @param change the world, before and after
 * @param standing the gateway, afterwards
 */
record Trace(String step, String status, String answer, Glimpse.Change change, Standing standing) {}

package dev.interlock.drill;

/**
 * One attempt of the agent, with snapshots of the world before and after.
 *
 * @param step its name
 * @param status what the agent saw first: HTTP statuses, or a command's exit status
 * @param answer the answer, as the agent stored it; shown, and never trusted
 * @param change the world, before and after
 * @param standing the gateway, afterwards
 */
record StepTrace(
        String step, String status, String answer, WorldSnapshot.WorldChange change, GatewaySnapshot standing) {}

package dev.interlock.adminapi;

/**
 * Leases that were ended.
 *
 * @param killed how many they are
 * @param cut how many calls in flight were cut off
 */
public record EndedLeases(int killed, int cut, boolean durable, boolean recorded) implements Acted {}

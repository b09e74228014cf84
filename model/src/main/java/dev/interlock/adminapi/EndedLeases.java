package dev.interlock.adminapi;

/** Leases that were ended. */
public record EndedLeases(int killed, int cut, boolean durable, boolean recorded) implements Acted {}

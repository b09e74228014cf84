package dev.interlock.admin;

/**
 * Who is at the other end, by the kernel's word.
 *
 * @param user the user's name, or its number if it has none
 */
public record Peer(String user) {}

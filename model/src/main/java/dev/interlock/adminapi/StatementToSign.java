package dev.interlock.adminapi;

/** A statement that the gateway has prepared, for a person to sign. */
public record StatementToSign(String statement) {}

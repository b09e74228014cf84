package dev.interlock.action;

/**
 * One HTTP header field.
 *
 * @param name lower case
 * @param value without surrounding white space
 */
public record Header(String name, String value) {}

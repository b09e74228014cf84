package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.util.Optional;

/**
 * What a probe was answered.
 *
 * @param status of HTTP
 * @param receipt the receipt that it names, which only the front can name
 * @param body whole
 */
public record Reaction(int status, Optional<String> receipt, Bytes body) {}

package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.util.Optional;

/**
 * The answer to a probe.
 *
 * @param status of HTTP
 * @param receipt the receipt that it names, which only the front can name
 * @param body the whole body
 */
public record ProbeAnswer(int status, Optional<String> receipt, Bytes body) {}

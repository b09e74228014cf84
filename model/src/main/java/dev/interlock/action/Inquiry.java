package dev.interlock.action;

import java.util.Optional;
import java.util.function.Function;

/**
 * A request that the gateway itself sends to a provider, of whose answer one word counts.
 *
 * @param call a read, which holds nothing of an agent's but checked names
 * @param answer reads a good answer; a doubtful one says nothing
 */
public record Inquiry(Call call, Function<Bytes, Optional<String>> answer) {}

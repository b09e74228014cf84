package dev.interlock.connect;

import java.util.Optional;

/**
 * One setting that is not as it is to be.
 *
 * @param name as people write it
 * @param was what stands there, where that cannot hold a secret
 * @param is what is to stand there
 */
public record Difference(String name, Optional<String> was, String is) {}

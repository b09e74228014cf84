package dev.interlock.connect;

import java.util.Optional;

/**
 * One setting that differs from its target value.
 *
 * @param name as people write it
 * @param was the present value, if it cannot hold a secret
 * @param is the target value
 */
public record SettingDifference(String name, Optional<String> was, String is) {}

package dev.interlock.connect;

import java.util.Optional;

/** A setting that differs from its target value. {@code was} is empty if it may hold a secret. */
public record SettingDifference(String name, Optional<String> was, String is) {}

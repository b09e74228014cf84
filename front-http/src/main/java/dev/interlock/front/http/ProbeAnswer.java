package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import java.util.Optional;

/** The answer to a probe, with the receipt that it names, which only the front can name. */
public record ProbeAnswer(int status, Optional<String> receipt, Bytes body) {}

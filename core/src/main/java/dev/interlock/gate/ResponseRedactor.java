package dev.interlock.gate;

import dev.interlock.action.Bytes;
import java.util.Optional;

/**
 * Takes the catalogued secrets out of the answer to one call. A front that cannot apply it to an answer fails the call.
 */
@FunctionalInterface
public interface ResponseRedactor {

    /** Returns {@code answer} with references in place of secrets; empty if it must not be passed on at all. */
    Optional<Bytes> over(Bytes answer);
}

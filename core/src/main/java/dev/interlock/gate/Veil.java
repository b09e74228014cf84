package dev.interlock.gate;

import dev.interlock.action.Bytes;
import java.util.Optional;

/**
 * What takes the catalogued secrets out of the answer to one call. A front whose answers cannot take it fails the call.
 */
@FunctionalInterface
public interface Veil {

    /** {@code answer}, whole, with references where secrets stood; empty if it must not be passed on at all. */
    Optional<Bytes> over(Bytes answer);
}

package dev.interlock.inventory;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Seal;
import java.io.IOException;

/** Queries an upstream as the gateway itself, with the credential that the seal names as its resolver. */
@FunctionalInterface
public interface ResolverQuery {

    /** Sends {@code query} and returns the body of a 200 answer. The call's path is below the upstream's address. */
    Bytes ask(Seal.Upstream upstream, Call query) throws IOException;
}

package dev.interlock.front.git;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.io.OutputStream;

/** The gateway's own questions to an upstream, under the credential that can only read. */
@FunctionalInterface
public interface GitUpstream {

    /**
     * Writes the answer to {@code call}, of at most {@code most} bytes, to {@code answer}; throws if it did not work.
     */
    void ask(Seal seal, Seal.Upstream upstream, HttpCall call, OutputStream answer, long most) throws IOException;
}

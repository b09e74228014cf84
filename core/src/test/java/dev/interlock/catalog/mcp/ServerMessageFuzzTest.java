package dev.interlock.catalog.mcp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;

/** Fuzzes what servers say: no exception may come out, and what is written anew says nothing else of tasks. */
class ServerMessageFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void message(byte[] input) {
        if (!(ServerMessage.read(Bytes.of(input)) instanceof ServerMessage.ServerAbilities abilities)) {
            return;
        }
        for (boolean hasTasks : new boolean[] {false, true}) {
            abilities.narrowed(hasTasks).ifPresent(narrowed -> {
                if (!(ServerMessage.read(narrowed) instanceof ServerMessage.ServerAbilities again)
                        || again.narrowed(hasTasks).isPresent()) {
                    throw new IllegalStateException("written and read again, it says something else of tasks");
                }
            });
        }
    }
}

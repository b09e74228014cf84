package dev.interlock.servers;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Fuzzes Codex's settings: the items follow each other, and a sealed server takes the place of any of its name. */
class TomlItemFuzzTest {

    private static final List<McpServer> SEALED = List.of(new McpServer("a", "http://a", "http://b"));

    @FuzzTest(maxDuration = "30s")
    void settings(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        try {
            int at = 0;
            for (TomlItem item : TomlItem.all(text)) {
                if (item.begin() < at || item.end() <= item.begin() || item.end() > text.length()) {
                    throw new AssertionError("items overlap");
                }
                at = item.end();
            }
            String left = TomlServers.read(text).without(SEALED);
            if (TomlServers.read(left).own().stream().anyMatch(one -> one.yieldsTo(SEALED))) {
                throw new AssertionError("one is left");
            }
        } catch (MalformedException e) {
            // It is left alone.
        }
    }
}

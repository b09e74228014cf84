package dev.interlock.catalog;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.catalog.CommandScanner.ScannedText;
import java.nio.charset.StandardCharsets;

/** Throws texts at the scanner. A command stays one, whatever stands in front of it or behind it. */
class CommandScannerFuzzTest {

    @FuzzTest(maxDuration = "45s")
    void text(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        ScannedText alone = CommandScanner.scan(text);
        require(CommandScanner.scan(text + "\n/deploy prod").isCommand());
        require(CommandScanner.scan("/deploy prod\n" + text).isCommand());
        if (text.indexOf('<') < 0 && text.indexOf('`') < 0 && text.indexOf('~') < 0 && text.indexOf('&') < 0) {
            require(CommandScanner.scan(text + "\n@acme-bot").names(_ -> false));
        }
        require(alone.mentioned().stream().noneMatch(name -> name.isEmpty() || name.contains(" ")));
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalStateException("a command is hidden");
        }
    }
}

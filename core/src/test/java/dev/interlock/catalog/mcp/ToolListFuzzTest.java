package dev.interlock.catalog.mcp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;

/** Fuzzes lists of tools: no exception may come out, and what is written reads as the same tools and pins. */
class ToolListFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void list(byte[] input) {
        if (!(ToolList.read(Bytes.of(input)) instanceof ToolList.ListOfTools(ToolList list))) {
            return;
        }
        if (!(ToolList.read(list.written(_ -> true, _ -> true)) instanceof ToolList.ListOfTools(ToolList again))
                || !again.tools().equals(list.tools())
                || !again.cursor().equals(list.cursor())) {
            throw new IllegalStateException("written and read again, it is another list");
        }
        for (ToolPin tool : list.tools()) {
            if (!ToolPin.read(tool.text()).changedIn(tool).isEmpty()) {
                throw new IllegalStateException("a tool differs from its own pin");
            }
        }
    }
}

package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;

/** Fuzzes the texts and rows that come from outside. */
final class HoldSigningFuzzTest {

    @FuzzTest
    void visibleTextIsAlwaysPlain(byte[] input) {
        String visible = VisibleText.unambiguous(new String(input, StandardCharsets.UTF_8));
        assertThat(visible.chars().allMatch(c -> c >= 0x20 && c < 0x100 && c != 0x7f))
                .isTrue();
    }

    @FuzzTest
    void aStoredClassIsReadOrMalformed(byte[] data) {
        try {
            ActionClass read = ActionClass.read(Json.readObject(data));
            assertThat(ActionClass.read(read.canonical())).isEqualTo(read);
        } catch (MalformedException _) {
            // The only exception allowed out.
        }
    }
}

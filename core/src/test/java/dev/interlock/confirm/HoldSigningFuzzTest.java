package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;

/** Fuzzes the texts and rows that come from outside. */
final class HoldSigningFuzzTest {

    @FuzzTest
    void visibleTextIsAlwaysPlain(FuzzedDataProvider data) {
        String visible = VisibleText.unambiguous(data.consumeRemainingAsString());
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

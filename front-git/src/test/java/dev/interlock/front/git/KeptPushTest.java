package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeptPushTest {

    @Test
    void whatIsKeptIsReadAgain() {
        KeptPush kept = new KeptPush(
                "/acme/shop.git/git-receive-pack",
                List.of(new RefCommand("1".repeat(40), RefCommand.NONE, "refs/heads/old")),
                Bytes.of(new byte[] {'\n', 0, 1, '\n', 2}));
        assertThat(KeptPush.read(kept.bytes())).isEqualTo(kept);
    }

    @Test
    void anythingElseIsNot() {
        assertThatThrownBy(() -> KeptPush.read(Bytes.utf8("{\"commands\":[\"x\"],\"path\":\"/\"}\n")))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> KeptPush.read(Bytes.utf8("x"))).isInstanceOf(MalformedException.class);
    }
}

package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.PushedRef;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a push has exactly one meaning, or none. */
class PushCommandsTest {

    private static final String ONE = "1".repeat(40);
    private static final String TWO = "2".repeat(40);
    private static final String NONE = RefCommand.NONE;

    private static PushCommands read(byte[] bytes) throws IOException {
        PushCommands commands = PushCommands.read(new ByteArrayInputStream(bytes));
        commands.requireKnown();
        return commands;
    }

    private static byte[] push(String capabilities, String... commands) {
        PacketWriter out = new PacketWriter();
        for (int i = 0; i < commands.length; i++) {
            out.line(commands[i] + (i == 0 ? "\0" + capabilities : ""));
        }
        return out.flush().bytes();
    }

    private static void refused(byte[] push, String reason) {
        assertThatThrownBy(() -> read(push))
                .isInstanceOf(UnreadablePushException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void commandsAndCapabilitiesAreReadAndWrittenAnew() throws IOException {
        byte[] sent = push(
                " report-status side-band-64k atomic object-format=sha1 agent=git/2.39.5",
                ONE + " " + TWO + " refs/heads/main",
                NONE + " " + ONE + " refs/heads/topic",
                TWO + " " + NONE + " refs/tags/v1");
        PushCommands commands = read(sent);
        assertThat(commands.commands())
                .extracting(RefCommand::change)
                .containsExactly(PushedRef.Change.UPDATE, PushedRef.Change.CREATE, PushedRef.Change.DELETE);
        assertThat(commands.length()).isEqualTo(sent.length);
        String written = new String(commands.bytes(), StandardCharsets.UTF_8);
        assertThat(written).contains("atomic object-format=sha1 report-status side-band-64k agent=interlock");
        assertThat(written).doesNotContain("2.39.5");
        assertThat(read(commands.bytes()).commands()).isEqualTo(commands.commands());
    }

    @Test
    void aPushOfNothingHasNoCommands() throws IOException {
        assertThat(read("0000".getBytes(StandardCharsets.US_ASCII)).commands()).isEmpty();
    }

    @Test
    void whatAShallowCloneLacksIsNotPassedOn() throws IOException {
        byte[] shallow = new PacketWriter()
                .line("shallow " + TWO)
                .line(NONE + " " + ONE + " refs/heads/topic\0report-status")
                .flush()
                .bytes();
        assertThat(new String(read(shallow).bytes(), StandardCharsets.UTF_8)).doesNotContain("shallow");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "refs/for",
                "refs/pull/1/head",
                "refs/changes/01/1/1",
                "refs/remotes/origin/main",
                "refs/replace/" + "1111111111111111111111111111111111111111",
                "HEAD",
                "main",
                "refs/heads/../x",
                "refs/heads/a.lock",
                "refs/heads/a..b",
                "refs/heads/@{-1}",
                "refs/heads/ü",
            })
    void otherRefsAreRefused(String ref) {
        refused(push("report-status", NONE + " " + ONE + " " + ref), "");
    }

    @Test
    void whatIsNotExactlyOnePushIsRefused() {
        String topic = NONE + " " + ONE + " refs/heads/topic";
        refused(push("report-status", topic, ONE + " " + NONE + " refs/heads/topic"), "one ref twice");
        refused(push("report-status", NONE + " " + NONE + " refs/heads/topic"), "changes nothing");
        refused(push("report-status push-cert=1", topic), "does not know");
        refused(push("report-status push-options", topic), "git push -o");
        refused(push("report-status object-format=sha256", topic), "object format");
        String longer = "0".repeat(64) + " " + "1".repeat(64) + " refs/heads/topic";
        refused(push("report-status object-format=sha256", longer), "object format");
        refused(push("report-status", longer), "object format");
        refused(push("report-status", topic.toUpperCase(java.util.Locale.ROOT)), "");
        refused(new PacketWriter().line(topic).flush().bytes(), "capabilities");
        refused(new PacketWriter().line("push-cert\0report-status").flush().bytes(), "");
        refused(
                new PacketWriter()
                        .line(topic + "\0report-status")
                        .line(NONE + " " + ONE + " refs/heads/b\0atomic")
                        .flush()
                        .bytes(),
                "capabilities");
        refused(new PacketWriter().line(topic + "\0report-status").delimiter().bytes(), "border");
        refused(new PacketWriter().line(topic + "\0report-status").bytes(), "ends before");
        refused("00zz".getBytes(StandardCharsets.US_ASCII), "length");
        refused("0003".getBytes(StandardCharsets.US_ASCII), "length");
        refused("fff5".getBytes(StandardCharsets.US_ASCII), "longer than");
        refused(
                new PacketWriter()
                        .line(topic + "\n" + topic + "\0report-status")
                        .flush()
                        .bytes(),
                "control");
    }

    @Test
    void manyRefsAreRefusedAndNamedAllTheSame() throws IOException {
        String[] lines = new String[PushCommands.MAX_COMMANDS + 1];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = NONE + " " + ONE + " refs/heads/b" + i;
        }
        PushCommands many = PushCommands.read(new ByteArrayInputStream(push("report-status", lines)));
        assertThat(many.commands()).hasSize(lines.length);
        refused(push("report-status", lines), "more than");
    }

    /** A push has room for 2,000 of a packet's length each. */
    @Test
    void longNamesAreRefusedBeforeTheNextIsRead() {
        byte[] push = push("report-status", NONE + " " + ONE + " refs/heads/" + "b".repeat(60_000));
        assertThatThrownBy(() -> PushCommands.read(new ByteArrayInputStream(push)))
                .isInstanceOf(UnreadablePushException.class)
                .hasMessageContaining("name");
    }
}

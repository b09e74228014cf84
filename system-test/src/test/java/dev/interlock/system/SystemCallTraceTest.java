package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the trace reader itself: it must find violations. */
class SystemCallTraceTest {

    private static final String REQUEST =
            "11 read(6<TCPv6:[[::ffff:127.0.0.1]:7411->[::ffff:127.0.0.1]:38888]>, \"\"..., 10) = 10";
    private static final String APPEND = "12 pwrite64(13</d/ledger/segments/0.seg>, \"\"..., 900, 0) = 900";
    private static final String SYNC = "12 fdatasync(13</d/ledger/segments/0.seg>)        = 0";
    private static final String FORWARD =
            "13 write(7<TCPv6:[[::ffff:127.0.0.1]:40112->[::ffff:127.0.0.1]:9443]>, \"\"..., 99) = 99";
    private static final String ANSWER =
            "13 writev(6<TCPv6:[[::ffff:127.0.0.1]:7411->[::ffff:127.0.0.1]:38888]>, [], 2) = 120";

    private static SystemCallTrace trace(String... lines) {
        return SystemCallTrace.of(List.of(lines), 7411, 9443);
    }

    @Test
    void anIntentSyncedFirstIsInOrder() {
        SystemCallTrace trace = trace(REQUEST, APPEND, SYNC, FORWARD, ANSWER);
        assertThat(trace.violations()).isEmpty();
        assertThat(trace.requests()).isOne();
        assertThat(trace.upstreamWrites()).isOne();
        assertThat(trace.answers()).isOne();
    }

    @Test
    void forwardingWithoutSyncIsSeen() {
        assertThat(trace(REQUEST, APPEND, FORWARD, SYNC, ANSWER).violations()).containsExactly(FORWARD);
    }

    @Test
    void answeringWithoutSyncIsSeen() {
        assertThat(trace(REQUEST, ANSWER, APPEND, SYNC).violations()).containsExactly(ANSWER);
    }

    @Test
    void theGatewaysOwnAnswersAreIgnored() {
        String asked = "14 write(9<TCPv6:[[::ffff:127.0.0.1]:38888->[::ffff:127.0.0.1]:7411]>, \"\"..., 99) = 99";
        assertThat(trace(asked, REQUEST, ANSWER).violations()).isEmpty();
        String another = ANSWER.replace("38888", "38889");
        assertThat(trace(asked, REQUEST, ANSWER, another).violations()).containsExactly(another);
    }

    @Test
    void anEmptySyncDoesNotCount() {
        assertThat(trace(REQUEST, SYNC, FORWARD).violations()).containsExactly(FORWARD);
    }

    @Test
    void theLastRequestsSyncDoesNotCountForTheNext() {
        assertThat(trace(REQUEST, APPEND, SYNC, FORWARD, ANSWER, REQUEST, FORWARD)
                        .violations())
                .containsExactly(FORWARD);
    }

    @Test
    void aSyncThatFailedDoesNotCount() {
        String failed = "12 fdatasync(13</d/ledger/segments/0.seg>) = -1 EIO (Input/output error)";
        assertThat(trace(REQUEST, APPEND, failed, FORWARD).violations()).containsExactly(FORWARD);
    }

    @Test
    void anUnfinishedSyncCountsOnlyOnceItReturned() {
        String begun = "12 fdatasync(13</d/ledger/segments/0.seg> <unfinished ...>";
        String resumed = "12 <... fdatasync resumed>) = 0";
        assertThat(trace(REQUEST, APPEND, begun, FORWARD, resumed).violations()).containsExactly(FORWARD);
        assertThat(trace(REQUEST, APPEND, begun, resumed, FORWARD).violations()).isEmpty();
    }

    @Test
    void anUnfinishedWriteCountsFromItsStart() {
        String begun =
                "13 write(7<TCPv6:[[::ffff:127.0.0.1]:40112->[::ffff:127.0.0.1]:9443]>, \"\"..., 99 <unfinished ...>";
        assertThat(trace(REQUEST, APPEND, begun, SYNC, "13 <... write resumed>) = 99")
                        .violations())
                .containsExactly(begun);
    }
}

package dev.interlock.front.git;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;

class PushCommandsFuzzTest {

    /** Only {@link UnreadablePushException} may come out. What is accepted and written anew means the same. */
    @FuzzTest
    void whatIsReadAndWrittenMeansTheSame(byte[] push) throws IOException {
        try {
            PushCommands read = PushCommands.read(new ByteArrayInputStream(push));
            read.requireKnown();
            if (read.commands().isEmpty()) {
                return;
            }
            byte[] written = read.bytes();
            PushCommands again = PushCommands.read(new ByteArrayInputStream(written));
            again.requireKnown();
            require(again.commands().equals(read.commands()));
            require(again.passed().equals(read.passed()));
            require(again.length() == written.length && read.length() <= push.length);
        } catch (UnreadablePushException e) {
            // refused
        }
    }

    /** A server may answer anything. */
    @FuzzTest
    void anyAnswerIsAReportOrNone(byte[] answer) {
        PushResult.read(answer).ifPresent(result -> require(result.done() >= 0 && result.refused() >= 0));
        ReceiveAdvertisement.rewritten(answer);
    }

    /** The upstream's list of refs is read, or refused with an {@link IOException}. */
    @FuzzTest
    void anyListOfRefsIsReadOrRefused(byte[] list) {
        try {
            RemoteRefs refs = RemoteRefs.read(new ByteArrayInputStream(list));
            require(refs.ids().values().stream().allMatch(id -> id.length() == 40));
        } catch (IOException e) {
            // refused
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new AssertionError("it was read in another way");
        }
    }
}

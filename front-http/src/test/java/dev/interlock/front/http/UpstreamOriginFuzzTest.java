package dev.interlock.front.http;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.net.URI;

class UpstreamOriginFuzzTest {

    /**
     * Only {@link UnreadableRequestException} may come out. An accepted target is a name and a port, which the JDK
     * reads the same, and nothing else.
     */
    @FuzzTest
    void aTunnelsTargetIsReadAsTheJdkReadsItOrRefused(FuzzedDataProvider data) {
        String target = data.consumeRemainingAsString();
        try {
            UpstreamOrigin read = UpstreamOrigin.ofTunnel(target);
            URI url = URI.create("https://" + target);
            require(UpstreamOrigin.of(url).equals(read) && url.getRawUserInfo() == null, target);
            require(read.isMeantBy(target), target);
        } catch (UnreadableRequestException e) {
            // refused
        }
    }

    /** The JDK reads every accepted URL the same: host, port and the rest. */
    @FuzzTest
    void aWholeUrlIsReadAsTheJdkReadsItOrRefused(FuzzedDataProvider data) {
        String target = data.consumeRemainingAsString();
        if (!UpstreamOrigin.isIn(target)) {
            return;
        }
        try {
            UpstreamOrigin read = UpstreamOrigin.ofUrl(target);
            RequestTarget left = RequestTarget.readUnaimed(UpstreamOrigin.targetIn(target));
            require(UpstreamOrigin.of(URI.create(read + "/")).equals(read), target);
            require(target.toLowerCase(java.util.Locale.ROOT).startsWith(read.scheme() + "://" + read.host()), target);
            require(left.path().startsWith("/"), target);
        } catch (UnreadableRequestException e) {
            // refused
        }
    }

    private static void require(boolean holds, String target) {
        if (!holds) {
            throw new AssertionError("`" + target + "` was read in another way");
        }
    }
}

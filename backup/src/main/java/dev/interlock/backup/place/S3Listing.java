package dev.interlock.backup.place;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/**
 * What storage that speaks S3 lists, for one thing that is done there. One that always says that there is more ends
 * nothing else, and is no more than fits into memory.
 */
final class S3Listing {

    /** As long as anybody waits for a target, for all that is listed for one thing. */
    static final Duration LONGEST = Duration.ofMinutes(5);

    /** Backups of a plan have ten files each. */
    private static final int MOST = 300_000;

    /** Names may have a thousand letters. */
    private static final int MOST_LETTERS = 32 << 20;

    private final S3Client client;
    private final S3Answers answers;
    private final String bucket;
    private final Duration longest;
    private final long begun = System.nanoTime();

    S3Listing(S3Client client, S3Answers answers, String bucket, Duration longest) {
        this.client = client;
        this.answers = answers;
        this.bucket = bucket;
        this.longest = longest;
    }

    /**
     * What is called {@code key}.
     *
     * @param id of which upload or version; of an object there is none
     * @param since when it was put there or begun, or far in the future: what is not said is not long ago
     */
    record Found(String key, @Nullable String id, Instant since) {

        boolean isDated() {
            return !since.equals(Instant.MAX);
        }
    }

    /** @param hiding delete markers */
    record Versions(List<Found> all, List<Found> hiding) {}

    List<Found> objects(String prefix) {
        Pages pages = new Pages(prefix);
        List<Found> all = new ArrayList<>();
        do {
            ListObjectsV2Response page = asked(() -> client.listObjectsV2(request -> request.bucket(bucket)
                    .prefix(prefix)
                    .continuationToken(pages.after)
                    .overrideConfiguration(limit())));
            page.contents().forEach(one -> all.add(pages.found(one.key(), null, one.lastModified())));
            pages.turn(page.isTruncated(), page.nextContinuationToken(), null);
        } while (pages.more);
        return all;
    }

    /** Those that are under way. */
    List<Found> uploads(String prefix) {
        Pages pages = new Pages(prefix);
        List<Found> all = new ArrayList<>();
        do {
            ListMultipartUploadsResponse page =
                    asked(() -> client.listMultipartUploads(request -> request.bucket(bucket)
                            .prefix(prefix)
                            .keyMarker(pages.after)
                            .uploadIdMarker(pages.andAfter)
                            .overrideConfiguration(limit())));
            page.uploads().forEach(one -> all.add(pages.found(one.key(), one.uploadId(), one.initiated())));
            pages.turn(page.isTruncated(), page.nextKeyMarker(), page.nextUploadIdMarker());
        } while (pages.more);
        return all;
    }

    Versions versions(String prefix) {
        Pages pages = new Pages(prefix);
        Versions all = new Versions(new ArrayList<>(), new ArrayList<>());
        do {
            ListObjectVersionsResponse page = asked(() -> client.listObjectVersions(request -> request.bucket(bucket)
                    .prefix(prefix)
                    .keyMarker(pages.after)
                    .versionIdMarker(pages.andAfter)
                    .overrideConfiguration(limit())));
            page.versions().forEach(one -> all.all().add(pages.found(one.key(), one.versionId(), null)));
            page.deleteMarkers().forEach(one -> all.hiding().add(pages.found(one.key(), one.versionId(), null)));
            pages.turn(page.isTruncated(), page.nextKeyMarker(), page.nextVersionIdMarker());
        } while (pages.more);
        return all;
    }

    private <T> T asked(Supplier<T> page) {
        requireTime();
        try {
            return answers.asked(page);
        } catch (UncheckedIOException e) {
            requireTime(); // or this is why
            throw e;
        }
    }

    private Duration left() {
        return longest.minusNanos(System.nanoTime() - begun);
    }

    private AwsRequestOverrideConfiguration limit() {
        Duration left = left();
        return AwsRequestOverrideConfiguration.builder()
                .apiCallTimeout(left.isPositive() ? left : Duration.ofMillis(1))
                .build();
    }

    private void requireTime() {
        if (!left().isPositive()) {
            throw answers.unanswered("has not listed what it has within " + longest.toSeconds() + " seconds");
        }
    }

    /** How far a listing has got on. */
    private final class Pages {
        private final String prefix;
        private int found;
        private int letters;
        private boolean more;
        private @Nullable String after;
        private @Nullable String andAfter;

        Pages(String prefix) {
            this.prefix = prefix;
        }

        Found found(@Nullable String key, @Nullable String id, @Nullable Instant since) {
            if (key == null || !key.startsWith(prefix)) {
                throw answers.unanswered("lists what is not understood: names that do not begin as was asked for");
            }
            found++;
            letters += key.length() + (id == null ? 0 : id.length());
            if (found > MOST || letters > MOST_LETTERS) {
                throw answers.unanswered("lists more below `" + prefix + "` than backups have: " + found
                        + " names; see what else lies there");
            }
            return new Found(key, id, since == null ? Instant.MAX : since);
        }

        void turn(@Nullable Boolean isTruncated, @Nullable String next, @Nullable String andNext) {
            more = Boolean.TRUE.equals(isTruncated);
            if (more && (next == null || (next.equals(after) && Objects.equals(andNext, andAfter)))) {
                throw answers.unanswered("lists what is not understood: that there is more, and not where");
            }
            after = next;
            andAfter = andNext;
        }
    }
}

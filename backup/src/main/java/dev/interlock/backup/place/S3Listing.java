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

/** Lists S3 storage for one operation. A server that always reports more cannot block other work or fill the memory. */
final class S3Listing {

    /** Maximum time of all listings for one operation, the same as for any target. */
    static final Duration LONGEST = Duration.ofMinutes(5);

    /** Maximum of listed names. Backups of a plan have ten files each. */
    private static final int MOST = 300_000;

    /** Maximum of listed characters. A name may have a thousand. */
    private static final int MOST_LETTERS = 32 << 20;

    private final S3Client client;
    private final S3Responses answers;
    private final String bucket;
    private final Duration longest;
    private final long begun = System.nanoTime();

    S3Listing(S3Client client, S3Responses answers, String bucket, Duration longest) {
        this.client = client;
        this.answers = answers;
        this.bucket = bucket;
        this.longest = longest;
    }

    /**
     * A listed item.
     *
     * @param id the upload or version; none for an object
     * @param since the time at which it was written or begun; far in the future if unknown, so that it never counts as
     *     old
     */
    record S3ListedObject(String key, @Nullable String id, Instant since) {

        boolean isDated() {
            return !since.equals(Instant.MAX);
        }
    }

    /** @param hiding delete markers */
    record Versions(List<S3ListedObject> all, List<S3ListedObject> hiding) {}

    List<S3ListedObject> objects(String prefix) {
        Pages pages = new Pages(prefix);
        List<S3ListedObject> all = new ArrayList<>();
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

    /** Returns the uploads in progress. */
    List<S3ListedObject> uploads(String prefix) {
        Pages pages = new Pages(prefix);
        List<S3ListedObject> all = new ArrayList<>();
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
            requireTime(); // the time limit may be the reason
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
            throw answers.unanswered("did not finish its list within " + longest.toSeconds() + " seconds");
        }
    }

    /** The progress of a listing. */
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

        S3ListedObject found(@Nullable String key, @Nullable String id, @Nullable Instant since) {
            if (key == null || !key.startsWith(prefix)) {
                throw answers.unanswered("returned an invalid list: names without the " + "requested prefix");
            }
            found++;
            letters += key.length() + (id == null ? 0 : id.length());
            if (found > MOST || letters > MOST_LETTERS) {
                throw answers.unanswered("lists more names below `" + prefix + "` than backups have: " + found
                        + " names; check what else is stored there");
            }
            return new S3ListedObject(key, id, since == null ? Instant.MAX : since);
        }

        void turn(@Nullable Boolean isTruncated, @Nullable String next, @Nullable String andNext) {
            more = Boolean.TRUE.equals(isTruncated);
            if (more && (next == null || (next.equals(after) && Objects.equals(andNext, andAfter)))) {
                throw answers.unanswered("returned an invalid list: incomplete, without a next page");
            }
            after = next;
            andAfter = andNext;
        }
    }
}

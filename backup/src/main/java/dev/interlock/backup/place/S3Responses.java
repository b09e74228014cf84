package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;

/** Reads the responses of an S3 server, and describes failures in our own words. */
record S3Responses(URI endpoint) {

    /** Maximum size of a response: a thousand names of a thousand characters, URL-encoded, or so. */
    private static final int LONGEST = 4 << 20;

    /** Runs a request. A server's message about a signature is dropped, because it could quote the signed text. */
    <T> T asked(Supplier<T> request) {
        try {
            return request.get();
        } catch (AwsServiceException e) {
            String code =
                    e.awsErrorDetails() == null ? "" : " " + e.awsErrorDetails().errorCode();
            throw unanswered("answered " + e.statusCode() + code);
        } catch (SdkException e) {
            throw unanswered("does not answer: " + e.getMessage());
        }
    }

    UncheckedIOException unanswered(String what) {
        return new UncheckedIOException(new BackupException("the storage `" + endpoint + "` " + what));
    }

    /** Limits every response that is read whole. Only the content of objects is exempt. */
    static final class S3ResponseParser implements ExecutionInterceptor {
        @Override
        public Optional<InputStream> modifyHttpResponseContent(
                Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
            boolean isObject = context.request() instanceof GetObjectRequest
                    && context.httpResponse().isSuccessful();
            return isObject ? context.responseBody() : context.responseBody().map(Bounded::new);
        }
    }

    private static final class Bounded extends FilterInputStream {
        private int left = LONGEST;

        Bounded(InputStream from) {
            super(from);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int read = in.read(bytes, from, length);
            left -= Math.max(0, read);
            if (left < 0) {
                throw new IOException("its response does not end");
            }
            return read;
        }
    }
}

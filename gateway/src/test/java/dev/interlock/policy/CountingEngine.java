package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.EntityValidationRequest;
import com.cedarpolicy.model.LevelValidationRequest;
import com.cedarpolicy.model.PartialAuthorizationRequest;
import com.cedarpolicy.model.PartialAuthorizationResponse;
import com.cedarpolicy.model.ValidationRequest;
import com.cedarpolicy.model.ValidationResponse;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.PolicySet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Cedar, and how often it was asked, and about how many policies the last time. */
final class CountingEngine implements AuthorizationEngine {

    final AtomicInteger calls = new AtomicInteger();
    volatile int policies;
    private final AuthorizationEngine cedar = new BasicAuthorizationEngine();

    @Override
    public AuthorizationResponse isAuthorized(AuthorizationRequest request, PolicySet set, Set<Entity> entities)
            throws AuthException {
        calls.incrementAndGet();
        policies = set.getNumPolicies();
        return cedar.isAuthorized(request, set, entities);
    }

    @Override
    public AuthorizationResponse isAuthorized(
            AuthorizationRequest request, PolicySet set, com.cedarpolicy.model.entity.Entities entities) {
        throw new UnsupportedOperationException();
    }

    @Override
    public PartialAuthorizationResponse isAuthorizedPartial(
            PartialAuthorizationRequest request, PolicySet set, Set<Entity> entities) {
        throw new UnsupportedOperationException();
    }

    @Override
    public PartialAuthorizationResponse isAuthorizedPartial(
            PartialAuthorizationRequest request, PolicySet set, com.cedarpolicy.model.entity.Entities entities) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ValidationResponse validate(ValidationRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ValidationResponse validateWithLevel(LevelValidationRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void validateEntities(EntityValidationRequest request) {
        throw new UnsupportedOperationException();
    }
}

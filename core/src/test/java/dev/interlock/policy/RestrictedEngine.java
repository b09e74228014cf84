package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.EntityValidationRequest;
import com.cedarpolicy.model.LevelValidationRequest;
import com.cedarpolicy.model.PartialAuthorizationRequest;
import com.cedarpolicy.model.PartialAuthorizationResponse;
import com.cedarpolicy.model.ValidationRequest;
import com.cedarpolicy.model.ValidationResponse;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.policy.PolicySet;
import java.util.Set;

/** The part of Cedar's engine that the program uses. A call of any other part fails. */
abstract class RestrictedEngine implements AuthorizationEngine {

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

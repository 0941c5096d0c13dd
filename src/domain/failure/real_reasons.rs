/// Texts of real stacks, their ids and accounts replaced: the class, and words of the summary.
const REAL: [(&str, &str, &str); 73] = [
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to ap-south-1 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region us-gov-west-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to us-gov-west-1 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region cn-northwest-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to cn-northwest-1 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region eu-central-2.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to eu-central-2 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'Snapshots encrypted with the AWS Managed CMK can’t be shared' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "shared-default-key",
        "AWS Managed CMK",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) Failed to assume role 'arn:aws:iam::210987654321:role/EC2ImageBuilderDistributionCrossAccountRole' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "distribution-role",
        "EC2ImageBuilderDistributionCrossAccountRole",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'AWS was not able to validate the provided access credentials' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region me-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "region-disabled",
        "distributing to me-south-1 failed",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'Something else' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "distribution",
        "distributing to ap-south-1 failed: Something else",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent verification failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Document arn:aws:imagebuilder:us-east-1:123456789012:component/parallelclusterimage-6acc/3.16.1/1 failed!''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "component",
        "component parallelclusterimage-6acc failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-us-gov:imagebuilder:us-gov-west-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent verification failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-us-gov:imagebuilder:us-gov-west-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Document arn:aws-us-gov:imagebuilder:us-gov-west-1:123456789012:component/parallelclusterimage-6acc/3.16.1/1 failed!''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "component",
        "component parallelclusterimage-6acc failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-cn:imagebuilder:cn-north-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent verification failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-cn:imagebuilder:cn-north-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Document arn:aws-cn:imagebuilder:cn-north-1:123456789012:component/parallelclusterimage-6acc/3.16.1/1 failed!''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "component",
        "component parallelclusterimage-6acc failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'Step timed out while step is verifying the SSM Agent availability on the target instance(s). SSM Agent on Instances: [i-0123456789abcdef0] are not functioning. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: An error occurred (InvalidInstanceId) when calling the SendCommand operation: Instances [[i-0123456789abcdef0]] not in a valid state for account 123456789012'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "not in a valid state",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: Unable to bootstrap TOE'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-task-runner",
        "Unable to bootstrap TOE",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'We currently do not have sufficient g5.xlarge capacity in the Availability Zone you requested (us-east-1e). Our system will be working on provisioning additional capacity.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-capacity",
        "no capacity for g5.xlarge in us-east-1e",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'We currently do not have sufficient p5.48xlarge capacity in the Availability Zone you requested (eu-north-1a). Our system will be working on provisioning additional capacity.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-capacity",
        "no capacity for p5.48xlarge in eu-north-1a",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'We currently do not have sufficient u-6tb1.56xlarge capacity in the Availability Zone you requested (us-gov-east-1b). Our system will be working on provisioning additional capacity.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-capacity",
        "no capacity for u-6tb1.56xlarge in us-gov-east-1b",
    ),
    (
        "There is no Spot capacity available that matches your request. (Service: AmazonEC2; Status Code: 500; Error Code: InsufficientInstanceCapacity; Request ID: 1111; Proxy: null)",
        "no-capacity",
        "no Spot capacity",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Your requested instance type (g5.xlarge) is not supported in your requested Availability Zone (us-east-1e). Please retry your request by not specifying an Availability Zone or choosing us-east-1a.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "type-not-in-zone",
        "g5.xlarge is not supported in us-east-1e",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "vcpu-limit",
        "vCPU limit",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Can't start SSM Automation for arn arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1 during building. Rate exceeded'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Can't start SSM Automation for arn arn:aws-cn:imagebuilder:cn-north-1:123456789012:image/parallelclusterimage-demo/3.16.1/1 during testing. Rate exceeded'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Rate exceeded (Service: Lambda, Status Code: 429, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: Throttling)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Rate exceeded (Service: Iam, Status Code: 429, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: Throttling)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Rate exceeded (Service: Sns, Status Code: 429, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: Throttling)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Request limit exceeded. (Service: Ec2, Status Code: 503, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "throttled",
        "Request limit exceeded",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command 22222222-2222-3333-4444-555555555555 returns unexpected invocation result: \n{Status=[Failed], ResponseCode=[1], Output=[\n----------ERROR-------\nNo package htpd available.\nfailed to run commands: exit status 1]}. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-package",
        "No package htpd available",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command 22222222-2222-3333-4444-555555555555 returns unexpected invocation result: \n{Status=[Failed], ResponseCode=[2], Output=[\n----------ERROR-------\nmake: *** [all] Error 2\nfailed to run commands: exit status 2]}.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "command-failed",
        "make: *** [all] Error 2",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command 22222222-2222-3333-4444-555555555555 returns unexpected invocation result: {Status=[Failed], ResponseCode=[1], Output=[tar: write error: No space left on device]}''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "disk-full",
        "No space left on device",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'E: Unable to locate package htpd''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-package",
        "Unable to locate package htpd",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'curl: (6) Could not resolve host: example.com''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-network",
        "Could not resolve host",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'TESTING' and failure message = 'Step timed out while step is Poll action status for completion''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "step-timed-out",
        "Step timed out",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: Step ApplyBuildComponents timed out'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "step-timed-out",
        "ApplyBuildComponents timed out",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: ExpectationNotMet: ListCommandInvocations returned terminal state Failed in workflow step ApplyBuildComponents'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "command-failed",
        "terminal state Failed",
    ),
    (
        "The following hook(s) failed: [AWS::ControlTower::Hook] : Hook failed with message: ValidationError\n        [CT.LAMBDA.PR.3]: Require a function to be in a VPC\n        [FIX]: Set 'VpcConfig' with one or more subnets.\n",
        "hook",
        "hook AWS::ControlTower::Hook: [CT.LAMBDA.PR.3]: Require a function to be in a VPC",
    ),
    (
        "The following hook(s) failed: [Private::Guard::S3SecurityGuardHook]",
        "hook",
        "hook Private::Guard::S3SecurityGuardHook failed",
    ),
    (
        "The following hook(s) failed: [My::Iam::BoundaryHook] : Hook failed with message: Role needs a permissions boundary",
        "hook",
        "Role needs a permissions boundary",
    ),
    (
        "Resource handler returned message: \"The value supplied for parameter 'instanceProfileName' is not valid. The provided instance profile does not exist. Please specify a different instance profile and try again. (Service: Imagebuilder, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "role-not-ready",
        "instanceProfileName",
    ),
    (
        "Resource handler returned message: \"The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "role-not-ready",
        "cannot be assumed",
    ),
    (
        "Resource handler returned message: \"The function's execution role doesn't have permission to perform this operation. (Service: Lambda, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "lambda-role",
        "execution role doesn't have permission",
    ),
    (
        "Resource handler returned message: \"The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "lambda-role",
        "CreateNetworkInterface",
    ),
    (
        "The security token included in the request is invalid (Service: AmazonIdentityManagement; Status Code: 403; Error Code: InvalidClientTokenId; Request ID: 1111; Proxy: null)",
        "credentials",
        "security token included in the request is invalid",
    ),
    (
        "The security token included in the request is invalid (Service: AmazonSNS; Status Code: 403; Error Code: ExpiredToken; Request ID: 1111; Proxy: null)",
        "credentials",
        "security token included in the request is invalid",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: abcDEF_0123456789-abcDEF0123456789 (Service: AmazonEC2; Status Code: 403; Error Code: UnauthorizedOperation; Request ID: 1111; Proxy: null)",
        "denied-encoded",
        "not authorized to perform ec2:RunInstances on instance/*",
    ),
    (
        "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: logs:CreateLogGroup on resource: 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x:log-stream:' because no identity-based policy allows the logs:CreateLogGroup action (Service: CloudWatchLogs, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AccessDenied)",
        "denied",
        "not authorized to perform logs:CreateLogGroup on log-group:/aws/lambda/x",
    ),
    (
        "Resource handler returned message: \"User: arn:aws-cn:sts::123456789012:assumed-role/Dev/me is not authorized to perform: lambda:CreateFunction on resource: arn:aws-cn:lambda:cn-north-1:123456789012:function:x (Service: Lambda, Status Code: 403, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AccessDenied)",
        "denied",
        "lambda:CreateFunction on function:x",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: iam:CreateRole on resource: * with an explicit deny in a service control policy",
        "denied-by-policy",
        "iam:CreateRole on *",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/x because no permissions boundary allows the iam:CreateRole action",
        "denied-boundary",
        "iam:CreateRole on role/x",
    ),
    (
        "You are not authorized to perform this operation. (Service: AmazonEC2; Status Code: 403; Error Code: UnauthorizedOperation; Request ID: 1111; Proxy: null)",
        "denied",
        "not authorized to perform this operation",
    ),
    (
        "Resource handler returned message: \"Access Denied (Service: S3, Status Code: 403, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "denied",
        "Access Denied",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-default-vpc",
        "No default VPC",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The subnet ID 'subnet-0123456789abcdef0' does not exist''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-subnet",
        "subnet-0123456789abcdef0",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'There are not enough free addresses in subnet 'subnet-0123456789abcdef0' to satisfy the requested number of instances.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-addresses",
        "free addresses",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Security group sg-0123456789abcdef0 and subnet subnet-0123456789abcdef0 belong to different networks.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "other-vpc",
        "Security group",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The security group 'sg-0123456789abcdef0' does not exist''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-security-group",
        "sg-0123456789abcdef0",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The image id '[ami-0123456789abcdef0]' does not exist''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-parent-image",
        "ami-0123456789abcdef0",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "marketplace",
        "accept terms",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Volume of size 35GB is smaller than snapshot 'snap-0123456789abcdef0', expect size >= 45GB''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "volume-size",
        "smaller than snapshot",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Client.InternalError: Client error on launch''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "kms",
        "Client error on launch",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The instance 'i-0123456789abcdef0' is in the shutting-down state''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "instance-gone",
        "shutting-down",
    ),
    (
        "Image creation is cancelled.",
        "cancelled",
        "cancelled",
    ),
    (
        "Resource handler returned message: \"Function already exist: ParallelClusterImage-6acc (Service: Lambda, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AlreadyExists)",
        "name-taken",
        "already exist",
    ),
    (
        "Resource handler returned message: \"Role with name X already exists. (Service: Iam, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AlreadyExists)",
        "name-taken",
        "already exists",
    ),
    (
        "Resource handler returned message: \"Cannot exceed quota for RolesPerAccount: 1000 (Service: Iam, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: ServiceLimitExceeded)",
        "quota",
        "RolesPerAccount",
    ),
    (
        "Resource handler returned message: \"Service Unavailable (Service: Lambda, Status Code: 503, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: ServiceInternalError)",
        "service-fault",
        "Service Unavailable",
    ),
    (
        "Exceeded attempts to wait",
        "stack-timeout",
        "Exceeded attempts to wait",
    ),
    (
        "Resource handler returned message: \"Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "in-use",
        "Cannot delete entity",
    ),
    (
        "Internal Failure",
        "none",
        "Internal Failure",
    ),
    (
        "The following resource(s) failed to create: [ParallelClusterImage]. ",
        "none",
        "failed to create: ParallelClusterImage",
    ),
    (
        "Resource creation cancelled",
        "none",
        "cancelled",
    ),
];

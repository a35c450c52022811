"""Why functions of SciPy's are not followed with symbolic values: reasons, and the names that they hold for."""

from __future__ import annotations

WHY: dict[str, str] = {
    "finds numbers that depend on nothing, zeros, nodes or coefficients; it runs as it is": """
        ai_zeros bei_zeros beip_zeros ber_zeros berp_zeros bi_zeros erf_zeros fresnel_zeros fresnelc_zeros
        fresnels_zeros jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros kelvin_zeros ker_zeros
        kerp_zeros y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros roots_legendre roots_chebyt roots_chebyu
        roots_chebyc roots_chebys roots_jacobi roots_laguerre roots_genlaguerre roots_hermite roots_hermitenorm
        roots_gegenbauer roots_sh_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_jacobi p_roots t_roots u_roots
        c_roots s_roots j_roots l_roots la_roots h_roots he_roots cg_roots ps_roots ts_roots us_roots js_roots
        bernoulli euler mathieu_even_coef mathieu_odd_coef newton_cotes lebedev_rule dft hadamard helmert hilbert
        invhilbert pascal invpascal get_window firwin firwin2 firwin_2d firls remez savgol_coeffs butter cheby1 cheby2
        ellip bessel buttord cheb1ord cheb2ord ellipord iirdesign iirfilter iirnotch iirpeak iircomb kaiserord
        kaiser_beta kaiser_atten lfilter_zi sosfilt_zi besselap buttap cheb1ap cheb2ap ellipap
        generate_binary_structure iterate_structure next_fast_len prev_fast_len fhtoffset czt_points max_len_seq
        unit_impulse gammatone cspline1d qspline1d
    """,
    "asks or sets something, and computes nothing": """
        geterr seterr set_backend skip_backend set_global_backend register_backend get_workers set_workers
        show_options get_blas_funcs get_lapack_funcs find_best_blas_type issymmetric ishermitian bandwidth is_valid_dm
        is_valid_y num_obs_dm num_obs_y check_COLA check_NOLA choose_conv_method correlation_lags
        closest_STFT_dual_window linprog_verbose_callback check_grad approx_fprime line_search band_stop_obj
    """,
    "its result is piecewise constant, or its length depends on values": """
        round binary_closing binary_dilation binary_erosion binary_fill_holes binary_hit_or_miss binary_opening
        binary_propagation find_objects label labeled_comprehension histogram maximum_position minimum_position
        value_indices watershed_ift distance_transform_bf distance_transform_cdt distance_transform_edt argrelextrema
        argrelmax argrelmin find_peaks find_peaks_cwt peak_prominences peak_widths hamming jaccard dice yule
        rogerstanimoto russellrao sokalsneath directed_hausdorff milp linear_sum_assignment quadratic_assignment
        isotonic_regression null_space orth unique_roots sigmaclip
    """,
    "the solution lies at an edge, or is searched at random: it solves no equation that could be differentiated": """
        linprog lsq_linear nnls basinhopping brute differential_evolution direct dual_annealing shgo fmin_cobyla
        fmin_slsqp fmin_l_bfgs_b fmin_tnc fminbound curve_fit minimize_scalar
    """,
    "write scipy.optimize.root or minimize, which are differentiated": """
        broyden1 broyden2 diagbroyden excitingmixing linearmixing newton_krylov fmin fmin_bfgs fmin_cg fmin_ncg
        fmin_powell golden brent bracket leastsq
    """,
    "write quad for each element, or one quad inside of the other": "cubature tplquad quad_vec tanhsinh qmc_quad nsum",
    "write what it is: jv(v, x) + 1j * yv(v, x) and its like, or the derivative of jv, yv, iv or kv by symdiff": """
        hankel1 hankel1e hankel2 hankel2e h1vp h2vp jvp yvp ivp kvp jve yve jn
    """,
    "write what it is, in terms of functions that are followed": """
        cosdg sindg tandg cotdg radian perm zetac factorial2 factorialk diric eval_chebyc eval_chebys eval_sh_chebyt
        eval_sh_chebyu eval_sh_legendre eval_sh_jacobi nbdtr nbdtrc airye fractional_matrix_power tanhm tanm pinvh
        polar interp1d interpn splder splint pchip_interpolate lagrange dct idct dst idst dctn idctn dstn idstn
        fiedler leslie convolution_matrix laplace sobel prewitt gaussian_laplace gaussian_gradient_magnitude
        center_of_mass sawtooth chirp gausspulse sweep_poly periodogram freqz freqs signal.hilbert hilbert2 iqr
        circmean circvar circstd gstd tmean tvar tstd tsem describe kstat kstatvar boxcox_llf yeojohnson_llf
        directional_stats ttest_ind_from_stats f_oneway bartlett jarque_bera skewtest kurtosistest normaltest
        differential_entropy combine_pvalues lmoment
    """,
    "gives coefficients or objects, which NumPy computes with; eval_legendre and its like take symbolic values": """
        legendre chebyt chebyu chebyc chebys jacobi laguerre genlaguerre hermite hermitenorm gegenbauer sh_legendre
        sh_chebyt sh_chebyu sh_jacobi assoc_laguerre
    """,
    "its result is a whole number, or a sign: piecewise constant": "gammasgn stirling2 rankdata tiecorrect mode",
    "compares samples by their ranks, by counts, or by samples drawn at random: piecewise constant": """
        anderson_ksamp ansari barnard_exact binned_statistic binned_statistic_2d binned_statistic_dd binomtest
        bootstrap boschloo_exact brunnermunzel bws_test chatterjeexi chi2_contingency cramervonmises_2samp cumfreq
        ecdf fisher_exact fligner friedmanchisquare goodness_of_fit kendalltau kruskal logrank mannwhitneyu
        median_test monte_carlo_test mood multiscale_graphcorr page_trend_test percentileofscore permutation_test
        poisson_means_test power quantile_test ranksums relfreq somersd spearmanr spearmanrho weightedtau wilcoxon
        false_discovery_control ks_2samp ortho_group special_ortho_group unitary_group uniform_direction
        random_correlation
    """,
    "searches parameters, or draws, by methods of its own: write the likelihood, and scipy.optimize.minimize": """
        fit boxcox boxcox_normmax boxcox_normplot yeojohnson yeojohnson_normmax yeojohnson_normplot ppcc_max ppcc_plot
        probplot bayes_mvs mvsdist expectile
    """,
    "makes a distribution as an object: the methods of norm, gamma and the others take symbolic values": """
        make_distribution truncate order_statistic abs exp log Binomial Logistic Mixture Normal Uniform rv_continuous
        rv_discrete rv_histogram
    """,
    "no derivative is known in closed form with respect to what it is a function of": """
        bdtrik bdtrin btdtria btdtrib chndtrix chndtridf chndtrinc fdtridfd gdtria gdtrib gdtrix nbdtrik nbdtrin
        ncfdtri ncfdtridfd ncfdtridfn ncfdtrinc nctdtridf nctdtrinc nctdtrit nrdtrimn nrdtrisd pdtrik stdtridf
    """,
}  # fmt: skip
